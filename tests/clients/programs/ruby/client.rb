# Signs GetCallerIdentity with each profile named: prints NAME, a tab, and the ARN or what failed.
require 'aws-sdk-core'

ARGV.each do |name|
  said =
    begin
      sts = Aws::STS::Client.new(
        profile: name, region: 'us-east-1', endpoint: ENV.fetch('AWS_ENDPOINT_URL'), retry_limit: 0
      )
      sts.get_caller_identity.arn
    rescue StandardError => e
      "NO #{e.class}: #{e.message}"
    end
  puts "#{name}\t#{said.tr("\n", ' ')}"
end
