"""The issuer: identities and keys, achievements and their pictures, the ledger of badges, status lists."""
