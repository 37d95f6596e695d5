// Signs GetCallerIdentity with each profile named: prints NAME, a tab, and the ARN or what failed.
import java.net.URI;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

public class Client {
  public static void main(String[] names) {
    for (String name : names) {
      System.out.println(name + "\t" + ask(name).replace('\n', ' '));
    }
  }

  private static String ask(String name) {
    try (StsClient sts =
        StsClient.builder()
            .endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL")))
            .region(Region.US_EAST_1)
            .httpClient(UrlConnectionHttpClient.create())
            .defaultsMode(software.amazon.awssdk.awscore.defaultsmode.DefaultsMode.STANDARD)
            .overrideConfiguration(c -> c.defaultProfileFile(ProfileFile.defaultProfileFile()))
            .credentialsProvider(ProfileCredentialsProvider.create(name))
            .build()) {
      return sts.getCallerIdentity().arn();
    } catch (Exception e) {
      return "NO " + e.getClass().getSimpleName() + ": " + e.getMessage();
    }
  }
}
