import { assertAmount } from '../contract/amount.ts'
import type { Customer } from '../contract/customer.ts'
import type { Labels } from '../contract/dimensions.ts'
import { type MeterCost, meteredLeg, type Usage } from './cost.ts'
import type { DenialCounts } from './denialCounts.ts'
import { parseKey } from './key.ts'
import type { LegSettingsOf } from './legSettings.ts'
import type { Operation } from './operation.ts'

/**
 * The cost of work outside tRPC. For a fixed cost, set `amount`. If the cost depends on the result, set
 * `hold` to the number of units to reserve, and `cost` to a function that returns the actual cost after the
 * work. `amount` and `hold` are integers from 1 to 2^31−1.
 */
type WorkCost =
  | {
      /** Default: 1. */
      amount?: number
      hold?: undefined
      cost?: undefined
    }
  | {
      hold: number
      /** At least 0. Default: the held units. */
      cost?: (call: { usage: Usage; output: unknown }) => number
      amount?: undefined
    }

/** The options of a `billing.meter` call. */
export type MeterCall<Meter extends string, Dimension extends string = string> = WorkCost & {
  customer: Customer
  meter: Meter
  /**
   * Identifies the operation across retries. After a call has succeeded, a second call with the same key
   * isn't charged. The second call returns the stored result, or is denied if no result is stored.
   */
  key?: string
  /** The work's input. A call with the same key but a different input is denied. */
  input?: unknown
  /** The name shown on charges. Default: `meter`. */
  name?: string
  /** The labels by which this usage can be broken down: values of the meter's dimensions. Default: none. */
  dimensions?: Labels<Dimension>
  /** Returns an ID from the output to show on the charge. */
  reference?: (output: unknown) => string
  /**
   * If the work returns a stream, aborting this signal ends the stream. The charge is the same as if the
   * reader had left.
   */
  signal?: AbortSignal
}

/** The context that `billing.meter` passes to the work. */
export interface MeterRun {
  usage: Usage
  /** The ID of this run, which becomes the usage event's `transactionId` at Flowglad. */
  attempt: string
  /** The subscription to charge. */
  subscription: string
}

/** Creates `billing.meter`, which meters work outside tRPC: jobs, plain routes, and streams. */
export function createMeterWork({
  operation,
  denialCounts,
  legSettings,
}: {
  operation: Operation
  denialCounts: DenialCounts
  legSettings: LegSettingsOf
}) {
  return <T>(call: MeterCall<string>, work: (run: MeterRun) => Promise<T> | T): Promise<T> => {
    const procedure = call.name || 'meter'
    return denialCounts.during({ customer: call.customer.id, procedure }, () => meter(procedure, call, work))
  }

  async function meter<T>(
    procedure: string,
    call: MeterCall<string>,
    work: (run: MeterRun) => Promise<T> | T,
  ): Promise<T> {
    const cost: MeterCost<unknown> =
      call.hold === undefined
        ? { cost: call.amount === undefined ? 1 : call.amount }
        : { hold: call.hold, cost: call.cost ?? call.hold }
    const leg = meteredLeg(call.meter, cost, call.input, legSettings(call.meter))
    assertAmount(leg.hold, 1, `The amount for ${call.meter}`)
    return operation.run({
      customer: call.customer,
      procedure,
      key: call.key === undefined ? null : parseKey(call.key),
      rawInput: () => [call.meter, leg.hold, call.input],
      legs: [leg],
      reference: call.reference,
      labels: () => call.dimensions,
      transport: null,
      signal: call.signal,
      work(run) {
        // The amount is at least 1, so the operation has reserved units and passes a `run`.
        if (!run) throw new Error(`The work on ${call.meter} started without an attempt`)
        return work({ usage: leg.usage, attempt: run.attempt, subscription: run.subscription })
      },
    })
  }
}
