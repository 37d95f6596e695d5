"""A local AWS to try things in: moto's IAM behind the rules that moto leaves out."""
