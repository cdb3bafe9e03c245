import { createHash, randomUUID } from 'node:crypto'
import type { AuthContext, BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api'
import { z } from 'zod'
import { clientAddressOf } from '../limits/clientAddress.ts'
import { createLimiter, type LimitSettings } from '../limits/limiter.ts'
import { limits } from '../limits/limits.ts'
import { networkOf } from '../limits/networkOf.ts'
import { RateLimitedError } from '../limits/rateLimit.ts'
import { countOrRefuse } from './countOrRefuse.ts'

const signInPath = '/sign-in/email'
/** The routes that check a signed-in user's password. better-auth disables the last route by default. */
const passwordPaths = ['/change-password', '/verify-password', '/delete-user']
const credentials = z.object({ email: z.string() })

export interface WrongPasswordLimits {
  perCaller: LimitSettings
  perAccount: LimitSettings
}

const deviceCookie = 'known_device'
const deviceCookieMaxAgeSeconds = 365 * 86_400

/**
 * Limits failed password attempts. A caller is an address, or a browser in which the account's owner has signed
 * in before. Each caller has its own allowance for an account. Unknown callers, from which the owner hasn't
 * signed in, also share one allowance. If an attacker with many addresses exhausts this allowance, the owner
 * can still sign in from known browsers and addresses. Attempts for unknown accounts count too, so that the
 * response doesn't reveal which accounts exist.
 */
export function limitSignIns(
  settings: WrongPasswordLimits = {
    perCaller: limits.wrongPasswordsPerCaller,
    perAccount: limits.wrongPasswordsPerAccount,
  },
): BetterAuthPlugin {
  const perCaller = createLimiter(settings.perCaller)
  const perAccount = createLimiter(settings.perAccount)
  /** The function that undoes the count of each attempt. */
  const attempts = new WeakMap<Request, () => void>()

  const countCaller = (caller: string) => refuseIf(perCaller.take(caller))

  const before = createAuthMiddleware(async (call) => {
    const { path, body, headers, request, context } = call
    if (!request) return
    if (passwordPaths.includes(path)) {
      const session = await getSessionFromCtx(call)
      if (!session) return
      const caller = `session of ${session.user.id}`
      await countCaller(caller)
      attempts.set(request, () => perCaller.giveBack(caller))
      return
    }
    const email = credentials.safeParse(body).data?.email
    if (email === undefined) return
    const account = accountOf(email)
    const device = await call.getSignedCookie(context.createAuthCookie(deviceCookie).name, context.secret)
    const isKnownDevice = belongsTo(device, account)
    const network = networkOf(clientAddressOf(headers)) ?? 'unknown'
    const caller = isKnownDevice ? `device ${device}` : `${network} ${account}`
    await countCaller(caller)
    const waitMs = isKnownDevice ? null : perAccount.take(account)
    if (waitMs && !(await isKnownNetwork(context, email, network))) {
      perCaller.giveBack(caller)
      await refuseIf(waitMs)
    }
    attempts.set(request, () => {
      perCaller.giveBack(caller)
      if (waitMs === 0) perAccount.giveBack(account)
    })
  })

  const after = createAuthMiddleware(async (call) => {
    const { request, context } = call
    if (request && !isWrongPassword(context.returned)) attempts.get(request)?.()
    const email = context.newSession?.user.email
    if (email === undefined) return
    const { name, attributes } = context.createAuthCookie(deviceCookie, {
      maxAge: deviceCookieMaxAgeSeconds,
    })
    const known = await call.getSignedCookie(name, context.secret)
    const account = accountOf(email)
    if (belongsTo(known, account)) return
    await call.setSignedCookie(name, `${account}.${randomUUID()}`, context.secret, attributes)
  })

  return {
    id: 'limit-sign-ins',
    hooks: {
      before: [
        { matcher: ({ path }) => [signInPath, ...passwordPaths].includes(path ?? ''), handler: before },
      ],
      after: [{ matcher: () => true, handler: after }],
    },
  }
}

/** Returns an account's ID for cookies and limits: a short hash of its email address. */
const accountOf = (email: string) =>
  createHash('sha256').update(email.trim().toLowerCase()).digest('base64url').slice(0, 22)

const belongsTo = (device: string | false | null | undefined, account: string) =>
  device ? device.startsWith(`${account}.`) : false

const refuseIf = (waitMs: number) =>
  countOrRefuse(
    async () => {
      if (waitMs > 0) throw new RateLimitedError(waitMs)
    },
    { code: 'TOO_MANY_PASSWORDS', message: 'Too many wrong passwords.' },
  )

const isWrongPassword = (answer: unknown) =>
  answer instanceof APIError &&
  (answer.body?.code === 'INVALID_EMAIL_OR_PASSWORD' || answer.body?.code === 'INVALID_PASSWORD')

/** Returns whether the account has a session from the network. */
async function isKnownNetwork(
  { internalAdapter }: Pick<AuthContext, 'internalAdapter'>,
  email: string,
  network: string,
): Promise<boolean> {
  const known = await internalAdapter.findUserByEmail(email)
  // Query the sessions even if there is no user, so that the duration doesn't reveal whether the account exists.
  const sessions = await internalAdapter.listSessions(known?.user.id ?? '')
  return sessions.some(({ ipAddress }) => networkOf(ipAddress ?? '') === network)
}
