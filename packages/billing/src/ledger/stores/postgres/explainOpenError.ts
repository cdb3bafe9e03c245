import { LedgerUnavailableError } from '../../errors.ts'

/** Matches Node's error codes for untrusted certificates. */
const untrusted = /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|^ERR_TLS_CERT|^CERT_/

/**
 * Returns an error that says what to change if the ledger's role lacks rights, or if the server's certificate
 * isn't trusted. Returns any other error unchanged.
 */
export function explainOpenError(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  const code = String(error.code)
  const explained = (message: string) => new LedgerUnavailableError('cannotOpen', { message, cause: error })
  if (code === '42501') {
    return explained(
      `The ledger’s role lacks rights in the database: ${error.message}. ` +
        'Create the schema as an administrator: CREATE SCHEMA metered AUTHORIZATION <role>.',
    )
  }
  if (untrusted.test(code)) {
    return explained(
      `The certificate of the ledger’s PostgreSQL server isn’t trusted: ${error.message}. ` +
        'Download the provider’s CA certificate, and add sslmode=verify-full&sslrootcert=/path/to/ca.pem to the connection string.',
    )
  }
  return error
}
