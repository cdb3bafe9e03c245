/** Public values, which are safe only on a developer's own machine. */
export const developmentSecrets = {
  authSecret: 'metered-development-secret-known-to-everybody',
  flowgladSecretKey: 'sk_test_local',
  webhookSecret: 'whsec_bWV0ZXJlZC1kZXZlbG9wbWVudC13ZWJob29rLXNlY3JldA==',
}

/** The public secret that better-auth uses if an app sets no secret. */
const betterAuthDefault = 'better-auth-secret-12345678901234567890'

const minAuthSecretLength = 32
const minWebhookKeyBytes = 16
/** The minimum number of different characters or bytes in a secret. `aaaa…` and `abab…` have fewer. */
const minDifferentCharacters = 8

interface Secrets {
  AUTH_SECRET: string
  FLOWGLAD_BASE_URL: string
  FLOWGLAD_SECRET_KEY: string
  FLOWGLAD_WEBHOOK_SECRET?: string | undefined
}

/**
 * Returns a message for each secret that is public or easy to guess. The message starts with the variable's
 * name and never contains a secret that the operator has set.
 */
export function secretProblems(
  env: Secrets,
  { production, withLocalFlowglad }: { production: boolean; withLocalFlowglad: boolean },
): string[] {
  const problems: string[] = []
  const authProblem = production ? authSecretProblem(env.AUTH_SECRET) : null
  if (authProblem) {
    problems.push(
      `AUTH_SECRET ${authProblem}. It signs sessions. Create a secret with: openssl rand -base64 32`,
    )
  }
  if (!withLocalFlowglad && env.FLOWGLAD_SECRET_KEY === developmentSecrets.flowgladSecretKey) {
    problems.push(
      `FLOWGLAD_SECRET_KEY must be your own key. ${developmentSecrets.flowgladSecretKey} works only with a Flowglad server on this machine, not with ${env.FLOWGLAD_BASE_URL}. Create a key in Flowglad's dashboard`,
    )
  }
  const webhookProblem =
    env.FLOWGLAD_WEBHOOK_SECRET !== undefined && (production || !withLocalFlowglad)
      ? webhookSecretProblem(env.FLOWGLAD_WEBHOOK_SECRET)
      : null
  if (webhookProblem) {
    problems.push(
      `FLOWGLAD_WEBHOOK_SECRET ${webhookProblem}. Copy the webhook's secret from Flowglad's dashboard. If you host Flowglad yourself, create a secret with: echo "whsec_$(openssl rand -base64 32)"`,
    )
  }
  return problems
}

function authSecretProblem(value: string): string | null {
  const secret = value.trim()
  if (secret === developmentSecrets.authSecret) return 'must be set: the development secret is public'
  if (secret === betterAuthDefault) return "must be your own secret: better-auth's default is public"
  if (secret.length < minAuthSecretLength) return `must have at least ${minAuthSecretLength} characters`
  return isRepetitive(secret) ? 'must be random: it repeats a few characters' : null
}

function webhookSecretProblem(secret: string): string | null {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  if (key.equals(Buffer.from(developmentSecrets.webhookSecret.slice('whsec_'.length), 'base64')))
    return 'must be your own secret: the development secret is public'
  if (key.length < minWebhookKeyBytes) return `must contain at least ${minWebhookKeyBytes} bytes`
  return isRepetitive(key) ? 'must be random: it repeats a few bytes' : null
}

const isRepetitive = (secret: Iterable<unknown>) => new Set(secret).size < minDifferentCharacters
