import type { ChargeRow } from '@metered/billing/client'
import { activityOf, type Meter, unitsOf } from '../format/meters.ts'

export type Charge = ChargeRow<Meter>

const statuses: Record<Charge['state'], string> = {
  delivered: 'billed',
  waiting: 'pending',
  parked: 'not yet billed',
  dropped: 'not billed',
}

const columns = {
  when: (charge: Charge) => new Date(charge.at).toISOString(),
  for: (charge: Charge) => activityOf(charge.meter),
  amount: (charge: Charge) => String(charge.amount),
  unit: (charge: Charge) => unitsOf(charge.meter),
  transaction_id: (charge: Charge) => charge.transactionId,
  reference: (charge: Charge) => charge.reference ?? '',
  price_id: (charge: Charge) => charge.priceId ?? '',
  status: (charge: Charge) => statuses[charge.state],
}

/** Returns the charges as RFC 4180 CSV: a header, then one line per charge, with times in UTC. */
export function chargesCsv(charges: Charge[]): string {
  const lines = charges.map((charge) => Object.values(columns).map((column) => cell(column(charge))))
  return [Object.keys(columns), ...lines].map((line) => `${line.join(',')}\r\n`).join('')
}

function cell(text: string): string {
  // A reference can contain user input, and a spreadsheet would evaluate a cell that starts like a formula. The
  // apostrophe makes the cell plain text.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
