import { balancesHeader } from '../contract/balancesHeader.ts'
import { billingRequestOf } from './billingRequest.ts'

/** Returns the newest balances of the context's request as a response header. */
export function balancesMeta(ctx: object | undefined): { headers?: Record<string, string> } {
  const balances = (ctx && billingRequestOf(ctx)?.balances) ?? null
  const header = balances && asciiJson(balances)
  // Proxies can reject responses with longer headers.
  return header && header.length <= 6_000 ? { headers: { [balancesHeader]: header } } : {}
}

/**
 * Escapes all characters outside ASCII. Header values must be ASCII, but plan and meter names can contain any
 * character.
 */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
