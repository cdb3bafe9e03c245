import type { ChargeRow } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'

export type Charge = ChargeRow<Meter>

const columns = {
  when: (charge: Charge) => new Date(charge.at).toISOString(),
  procedure: (charge: Charge) => charge.procedure,
  meter: (charge: Charge) => charge.meter,
  amount: (charge: Charge) => String(charge.amount),
  transaction_id: (charge: Charge) => charge.transactionId,
  reference: (charge: Charge) => charge.reference ?? '',
  price_id: (charge: Charge) => charge.priceId ?? '',
  state: (charge: Charge) => charge.state,
}

/** RFC 4180: a header, one line a charge, times in UTC. */
export function chargesCsv(charges: Charge[]): string {
  const lines = charges.map((charge) => Object.values(columns).map((column) => cell(column(charge))))
  return [Object.keys(columns), ...lines].map((line) => `${line.join(',')}\r\n`).join('')
}

function cell(text: string): string {
  // A reference may come from what somebody typed, and spreadsheets run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
