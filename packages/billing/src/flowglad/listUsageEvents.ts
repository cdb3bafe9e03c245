import { z } from 'zod'
import type { FlowgladClient } from './flowgladClient.ts'
import { flowgladError } from './flowgladError.ts'
import { recordedEvent } from './usageEventRequests.ts'

/** A usage event in Flowglad's list. */
export type ListedEvent = z.output<typeof listedEvent>

const listedEvent = recordedEvent.extend({ createdAt: z.number(), usageDate: z.number().nullish() })
const page = z.object({ data: z.array(listedEvent), nextCursor: z.string().nullish() })

/**
 * Yields the pages of Flowglad's list of all usage events, newest first. The list also contains events that
 * this ledger didn't send. If Flowglad refuses to return a page, yields null and ends. Rejects if Flowglad
 * doesn't respond.
 */
export async function* listUsageEvents(
  flowglad: Pick<FlowgladClient, 'newestUsageEvents'>,
): AsyncGenerator<ListedEvent[] | null> {
  let cursor: string | null = null
  do {
    const answer: z.output<typeof page> | null = await readPage(flowglad, cursor)
    yield answer?.data ?? null
    cursor = answer?.nextCursor ?? null
  } while (cursor !== null)
}

async function readPage(flowglad: Pick<FlowgladClient, 'newestUsageEvents'>, cursor: string | null) {
  try {
    return page.parse(await flowglad.newestUsageEvents(cursor))
  } catch (error) {
    const rejection = flowgladError(error)
    if (rejection && rejection.status < 500) return null
    throw error
  }
}
