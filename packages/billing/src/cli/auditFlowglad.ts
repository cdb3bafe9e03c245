import { counted } from '../config/counted.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import { type ListedEvent, listUsageEvents } from '../flowglad/listUsageEvents.ts'
import type { Violation } from '../ledger/core/audit.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { CommandError } from './command.ts'
import { explainFlowgladError } from './explainFlowgladError.ts'

type Flowglad = Pick<FlowgladClient, 'url' | 'newestUsageEvents'>
type Delivered = Map<string, { customer: string; amount: number }>

/**
 * Compares the ledger with Flowglad's list of usage events. The list must contain every delivered charge
 * once, with the same amount. Each listed event that this ledger sent must be in the ledger, unless the ledger
 * no longer keeps events of that age. Reads the charges first, so that a charge that is delivered during the
 * audit isn't reported as missing.
 */
export async function auditFlowglad(
  ledger: Ledger,
  flowglad: Flowglad,
  { progress }: { progress: (text: string) => void },
): Promise<Violation[]> {
  const { ledger: id, keepsEventsSince } = await ledger.restoreState()
  const missing = await deliveredCharges(ledger, { progress })
  const violations: Violation[] = []
  const seen = new Set<string>()
  let listed = 0
  for await (const page of pagesOf(flowglad)) {
    if (page === null) throw new CommandError('Flowglad refuses to list its usage events. Try again later.')
    listed += page.length
    progress(`Read ${counted(listed, 'usage event')} from Flowglad`)
    const unknown: { customer: string; attempt: string; meter: string }[] = []
    for (const event of page) {
      const { customer, meter } = ownerOf(event)
      const name = nameOf(event.transactionId, meter)
      const charge = missing.get(name)
      const isOwn = charge !== undefined || event.properties?.ledger === id || seen.has(name)
      if (!isOwn) continue
      if (seen.has(name)) violations.push({ customer, problem: `Flowglad has ${title(event, meter)} twice` })
      else if (charge && charge.amount !== event.amount) {
        const problem = `Flowglad has ${title(event, meter)}, but the ledger has ${charge.amount} units`
        violations.push({ customer, problem })
      } else if (!charge && event.createdAt >= keepsEventsSince) {
        unknown.push({ customer, attempt: event.transactionId, meter })
      }
      seen.add(name)
      missing.delete(name)
    }
    const states = await ledger.eventStates(unknown)
    for (const [index, event] of unknown.entries()) {
      if (states[index] !== 'missing') continue
      const problem = `Flowglad has the event ${event.attempt} ${event.meter}, but the ledger doesn't`
      violations.push({ customer: event.customer, problem })
    }
  }
  for (const [name, { customer, amount }] of missing) {
    const problem = `Flowglad lacks the delivered event ${name.replace('\0', ' ')} of ${amount} units`
    violations.push({ customer, problem })
  }
  return violations
}

/** Yields the pages of Flowglad's list. If Flowglad doesn't respond, the error says why. */
async function* pagesOf(flowglad: Flowglad): ReturnType<typeof listUsageEvents> {
  try {
    yield* listUsageEvents(flowglad)
  } catch (error) {
    throw explainFlowgladError(error, { url: flowglad.url, wanted: 'list its usage events' })
  }
}

async function deliveredCharges(
  ledger: Ledger,
  { progress }: { progress: (text: string) => void },
): Promise<Delivered> {
  const delivered: Delivered = new Map()
  let read = 0
  for await (const charge of ledger.allCharges({ customer: null })) {
    const { customer, state, transactionId, meter, amount } = charge
    read += 1
    if (read % 1_000 === 0) progress(`Read ${read} charges`)
    if (state === 'delivered') delivered.set(nameOf(transactionId, meter), { customer, amount })
  }
  return delivered
}

const nameOf = (attempt: string, meter: string) => `${attempt}\0${meter}`

const title = ({ transactionId, amount }: ListedEvent, meter: string) =>
  `the event ${transactionId} ${meter} of ${amount} units`

function ownerOf({ properties }: ListedEvent) {
  const text = (value: unknown) => (typeof value === 'string' ? value : 'unknown')
  return { customer: text(properties?.customer), meter: text(properties?.meter) }
}
