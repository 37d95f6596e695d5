// Signs GetCallerIdentity with each profile named: prints NAME, a tab, and the ARN or what failed.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const AWS = require("aws-sdk");
const endpoint = process.env.AWS_ENDPOINT_URL;
const settings = { region: "us-east-1", endpoint, maxRetries: 0 };

async function ask(name) {
  try {
    const chain = new AWS.CredentialProviderChain([
      () => new AWS.SharedIniFileCredentials({ profile: name }),
      () => new AWS.ProcessCredentials({ profile: name }),
    ]);
    const credentials = await chain.resolvePromise();
    return (await new AWS.STS({ ...settings, credentials }).getCallerIdentity().promise()).Arn;
  } catch (error) {
    return `NO ${error.code}: ${error.message}`;
  }
}

(async () => {
  for (const name of process.argv.slice(2)) {
    console.log(`${name}\t${(await ask(name)).replaceAll("\n", " ")}`);
  }
})();
