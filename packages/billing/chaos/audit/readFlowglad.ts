import { silent } from '../../src/config/logger.ts'
import { createFlowgladClient } from '../../src/flowglad/flowgladClient.ts'
import { listUsageEvents } from '../../src/flowglad/listUsageEvents.ts'

/** A usage event at Flowglad. `operation` and `meter` come from its properties. */
export interface DeliveredEvent {
  transactionId: string
  customer: string
  operation: string
  meter: string
  amount: number
}

/** Reads all usage events from Flowglad. Rejects if Flowglad doesn't respond or refuses to list them. */
export async function readFlowglad(address: { url: string; key: string }): Promise<DeliveredEvent[]> {
  const flowglad = createFlowgladClient(
    { secretKey: address.key, baseUrl: address.url },
    { deadlineMs: 10_000, logger: silent },
  )
  const events: DeliveredEvent[] = []
  for await (const page of listUsageEvents(flowglad)) {
    if (page === null) throw new Error('Flowglad refuses to list its usage events')
    for (const { transactionId, amount, properties } of page) {
      events.push({
        transactionId,
        amount,
        customer: String(properties?.customer),
        operation: String(properties?.procedure),
        meter: String(properties?.meter),
      })
    }
  }
  return events
}
