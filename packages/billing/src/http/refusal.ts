import type { Denial } from '../contract/denials.ts'
import { BillingError } from '../contract/errors.ts'
import { foreignOriginOf } from './foreignOrigin.ts'
import { headerOf, nameOf, type RequestSource } from './requestSource.ts'

/** The denial for a request that the user didn't ask for. */
export type Refusal = Extract<Denial, { code: 'FOREIGN_ORIGIN' | 'PREFETCH' }>

/**
 * Returns why a request must neither change state nor spend units, or null if the request is allowed.
 * Browsers send the user's cookies even with requests that the user didn't ask for. For example, a page on
 * another origin can cause a request with a link, an image, a form or a script. A browser may also prefetch a
 * page that the user never opens.
 */
export const refusalOf = (source: RequestSource, trusted: ReadonlySet<string>): Refusal | null =>
  foreignOriginOf(source, trusted) ?? (isPrefetch(source) ? { code: 'PREFETCH' } : null)

/** Creates the error for a refused request. `what` names the call or the route. */
export const refused = (refusal: Refusal, what: string) =>
  new BillingError(refusal, `${what} ${reasonOf(refusal)}`)

/** Throws `FOREIGN_ORIGIN` if a page on a foreign origin sent the request. */
export function assertTrustedOrigin(source: RequestSource, trusted: ReadonlySet<string>): void {
  const foreign = foreignOriginOf(source, trusted)
  if (foreign) throw refused(foreign, nameOf(source))
}

function reasonOf(refusal: Refusal): string {
  if (refusal.code === 'PREFETCH')
    return "is metered, so a prefetch can't call it. Nothing was charged. Make it a mutation."
  const { origin } = refusal
  if (origin === null)
    return "can't be called by a link, an image or a form on another origin. Nothing was charged. If your own pages are on another origin, call it with fetch, and add that origin to trustedOrigins in createBilling."
  if (origin === 'null')
    return 'can\'t be called from a page with the origin "null", such as a sandboxed frame or a file. Nothing was charged.'
  return `can't be called from the origin ${origin}. Nothing was charged. If your own pages are on this origin, add it to trustedOrigins in createBilling, or set publicUrl to it.`
}

/** Returns whether the request is a prefetch. A browser sends a prefetch before the user opens a page. */
function isPrefetch(source: RequestSource): boolean {
  const { method } = source
  if (method !== undefined && method !== 'GET' && method !== 'HEAD') return false
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => headerOf(source, name))
  return (
    purposes.some((purpose) => purpose && /prefetch|prerender|preview/i.test(purpose)) ||
    headerOf(source, 'next-router-prefetch') !== null
  )
}
