import type { Charge } from '../reads.ts'
import type { EventRow } from './rows.ts'
import { isParked } from './usageEvents.ts'

/** Returns the charge that the customer sees for a usage event. */
export function chargeOf(event: EventRow): Charge {
  const { at, procedure, meter, amount, attempt, reference, priceId, flagged } = event
  const state = chargeState(event)
  return { at, procedure, meter, amount, transactionId: attempt, reference, priceId, state, flagged }
}

function chargeState(event: EventRow): Charge['state'] {
  if (isParked(event)) return 'parked'
  switch (event.state) {
    case 'waiting':
    case 'sent':
    case 'parked':
      return 'waiting'
    case 'acked':
      return 'delivered'
    case 'dropped':
      return 'dropped'
    default:
      return event.state satisfies never
  }
}
