// Signs GetCallerIdentity with each profile named: prints NAME, a tab, and the ARN or what failed.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
)

func load(ctx context.Context, kind, name string) (aws.Config, error) {
	if kind == "terraform" {
		_, cfg, diags := awsbase.GetAwsConfig(ctx, &awsbase.Config{
			Profile: name, Region: "us-east-1", MaxRetries: 3,
			StsEndpoint: os.Getenv("AWS_ENDPOINT_URL"), SkipCredsValidation: true,
			CallerDocumentationURL: "https://example.com", CallerName: "awscreds tests",
		})
		for _, diag := range diags {
			if diag.Severity().String() == "E" || strings.Contains(fmt.Sprint(diag.Severity()), "rror") {
				return cfg, fmt.Errorf("%s: %s", diag.Summary(), diag.Detail())
			}
		}
		return cfg, nil
	}
	return config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(name),
		config.WithRegion("us-east-1"), config.WithRetryMaxAttempts(3))
}

func ask(ctx context.Context, kind, name string) (string, error) {
	cfg, err := load(ctx, kind, name)
	if err != nil {
		return "", err
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.BaseEndpoint = aws.String(os.Getenv("AWS_ENDPOINT_URL"))
	})
	who, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return *who.Arn, nil
}

func main() {
	for _, name := range os.Args[2:] {
		arn, err := ask(context.Background(), os.Args[1], name)
		if err != nil {
			arn = "NO " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Printf("%s\t%s\n", name, arn)
	}
}
