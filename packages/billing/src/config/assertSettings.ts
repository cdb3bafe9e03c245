import { originProblems } from './trustedOrigins.ts'

/** The `createBilling` settings to check. An app without TypeScript can pass any value. */
interface Settings {
  meters: object | undefined
  ledger: { execute?: unknown } | undefined
  flowglad: { secretKey?: unknown; baseUrl?: unknown } | undefined
  customer: unknown
  publicUrl?: unknown
  pastDue?: { graceDays?: unknown; then?: unknown } | undefined
  trustedOrigins?: unknown
}

/** Throws a `TypeError` with one line for each missing or invalid setting. */
export function assertSettings({
  meters,
  ledger,
  flowglad,
  customer,
  publicUrl,
  trustedOrigins,
  pastDue,
}: Settings): void {
  const { secretKey, baseUrl } = flowglad ?? {}
  const problems: string[] = []
  if (Object.keys(meters ?? {}).length === 0) {
    problems.push('`meters` is empty. Pass the result of defineMeters, with at least one meter.')
  }
  if (typeof ledger?.execute !== 'function') {
    problems.push('`ledger` is missing. Pass sqliteLedger(file) or postgresLedger(url).')
  }
  if (typeof secretKey !== 'string' || secretKey === '') {
    problems.push("`flowglad.secretKey` is missing. Copy your pricing model's key from Flowglad's dashboard.")
  } else if (!/^[\x21-\x7e]+$/.test(secretKey)) {
    problems.push(
      "`flowglad.secretKey` contains white space or other characters that a key can't have. Copy the key again.",
    )
  }
  if (baseUrl !== undefined && !isHttpUrl(baseUrl)) {
    problems.push(
      `\`flowglad.baseUrl\` is not a URL: ${JSON.stringify(baseUrl)}. Pass an address such as http://127.0.0.1:4010, or omit it to use Flowglad's hosted service.`,
    )
  }
  if (typeof customer !== 'function') {
    problems.push(
      '`customer` is missing. Pass a function that returns the paying customer, such as (ctx) => ctx.user.',
    )
  }
  if (publicUrl !== undefined && !isHttpUrl(publicUrl)) {
    problems.push(
      `\`publicUrl\` is not a URL: ${JSON.stringify(publicUrl)}. Pass the app's public address, such as https://app.example.`,
    )
  }
  problems.push(...originProblems(trustedOrigins))
  if (pastDue && !(typeof pastDue.graceDays === 'number' && pastDue.graceDays >= 0)) {
    problems.push('`pastDue.graceDays` is not a number of days. Pass 0 or more.')
  }
  if (pastDue && pastDue.then !== 'free' && pastDue.then !== 'deny') {
    problems.push("`pastDue.then` must be 'free' or 'deny'.")
  }
  if (problems.length > 0) throw new TypeError(problems.join('\n'))
}

const isHttpUrl = (value: unknown) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
