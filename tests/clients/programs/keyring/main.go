// Writes access keys as aws-vault and granted do: with their library, and their configuration of it.
// Arguments: the tool, the backend (file or secret-service), the folder for files, the name.
// The key comes from the environment.
package main

import (
	"encoding/json"
	"os"

	"github.com/99designs/keyring"
	"github.com/aws/aws-sdk-go-v2/aws"
)

func main() {
	tool, backend, folder, name := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	service, collection, label := "aws-vault", "awsvault", "aws-vault ("+name+")"
	if tool == "granted" {
		service, label = "granted-aws-iam-credentials", ""
		collection = service
	}
	ring, err := keyring.Open(keyring.Config{
		AllowedBackends:         []keyring.BackendType{keyring.BackendType(backend)},
		ServiceName:             service,
		LibSecretCollectionName: collection,
		FileDir:                 folder,
		FilePasswordFunc:        keyring.FixedStringPrompt(os.Getenv("PASSPHRASE")),
	})
	check(err)
	data, err := json.Marshal(aws.Credentials{
		AccessKeyID:     os.Getenv("KEY_ID"),
		SecretAccessKey: os.Getenv("SECRET"),
	})
	check(err)
	check(ring.Set(keyring.Item{
		Key:                         name,
		Label:                       label,
		Data:                        data,
		KeychainNotTrustApplication: tool != "granted",
	}))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
