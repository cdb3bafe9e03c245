import type { Customer } from '../contract/customer.ts'
import type { Service } from '../service.ts'
import { assertAmount, type MeterCost, prepareSpend, type Usage } from './cost.ts'
import { fingerprint, parseKey } from './fingerprint.ts'
import { chargeOf, referenceOf, replayResult, serializeResult } from './settlement.ts'

/** What plain work costs: `amount`, known before; or at most `hold`, and `cost` says after the work what it really was. Integers from 1 to 2^31−1. */
type MeterPrice =
  | {
      /** Default 1. */
      amount?: number
      hold?: undefined
      cost?: undefined
    }
  | {
      hold: number
      /** From 0. Default: all that was held. */
      cost?: (call: { usage: Usage; output: unknown }) => number
      amount?: undefined
    }

/** Plain work, outside tRPC. */
export type MeterCall<Meter extends string> = MeterPrice & {
  customer: Customer
  meter: Meter
  /** Names the operation over retries: a second call returns the first one's result. */
  key?: string
  /** What the operation was asked to do; the same key with another `input` is refused. */
  input?: unknown
  /** What charges call this work. Default `meter`. */
  name?: string
  /** An id out of the result, shown with the charge. */
  reference?: (output: unknown) => string
}

/** What plain work is told while it runs. */
export interface MeterRun {
  usage: Usage
  /** The id of this run; becomes the usage event's `transactionId` at Flowglad. */
  attempt: string
  /** The subscription it is charged to. */
  subscription: string
}

/** Meters work that is not a tRPC procedure: reserves, runs, charges on success and gives the units back on failure. */
export function createRunMetered({ holds, options }: Pick<Service, 'holds' | 'options'>) {
  return async function runMetered<T>(
    call: MeterCall<string>,
    work: (run: MeterRun) => Promise<T> | T,
  ): Promise<T> {
    const spend: MeterCost<unknown> =
      call.hold === undefined ? { cost: call.amount ?? 1 } : { hold: call.hold, cost: call.cost ?? call.hold }
    const leg = prepareSpend(call.meter, spend, call.input)
    assertAmount(leg.hold, 1, `The amount on ${call.meter}`)

    const key = call.key === undefined ? null : parseKey(call.key)
    const reserved = await holds.reserve({
      customer: call.customer,
      procedure: call.name ?? 'meter',
      key,
      fingerprint: key === null ? null : fingerprint([call.meter, call.amount ?? call.hold ?? 1, call.input]),
      legs: [{ meter: call.meter, amount: leg.hold }],
    })
    // The key and its fingerprint say that this is the operation whose result was stored: it has the type of the work's own.
    if (reserved.state === 'completed') return replayResult(reserved.result, key ?? '') as T
    const { hold } = reserved
    hold.startRenewing()
    let output: T
    let result: string | null
    try {
      output = await work({ usage: leg.usage, attempt: hold.attempt, subscription: hold.subscription })
      result = key === null ? null : serializeResult(output, options.resultMaxBytes)
    } catch (error) {
      await hold.release()
      throw error
    }
    const reference = referenceOf(call.reference, output)
    const settled = await hold.settle(chargeOf([leg], output, { result, reference }))
    return settled.state === 'completed' ? (replayResult(settled.result, key ?? '') as T) : output
  }
}
