// Signs GetCallerIdentity with each profile named: prints NAME, a tab, and the ARN or what failed.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

for (const name of process.argv.slice(2)) {
  let said;
  try {
    const sts = new STSClient({ profile: name, region: "us-east-1", maxAttempts: 1 });
    said = (await sts.send(new GetCallerIdentityCommand({}))).Arn;
  } catch (error) {
    said = `NO ${error.name}: ${error.message}`;
  }
  console.log(`${name}\t${said.replaceAll("\n", " ")}`);
}
