import { type Caller, createFairQueue, type FairQueueSettings, QueueFullError } from '../limits/fairQueue.ts'
import { limits } from '../limits/limits.ts'
import type { PictureRequest } from './art/paint.ts'
import {
  callerLeft,
  type Models,
  modelBusy,
  type PaintedPicture,
  type TextRequest,
  textInterrupted,
} from './models.ts'
import { createPacer } from './pacer.ts'

/** Models that customers use in turns. */
export interface QueuedModels {
  /**
   * Paints and stores a generation's pictures in one turn. If the turn ended before the pictures are stored,
   * pictures that wait for the database could pile up in memory.
   */
  paint<Stored>(
    caller: Caller,
    requests: PictureRequest[],
    store: (pictures: PaintedPicture[]) => Promise<Stored>,
  ): Promise<Stored>
  /** Yields one token at a time. */
  write(caller: Caller, text: Omit<TextRequest, 'signal'>): AsyncIterable<string>
}

export interface ModelQueueSettings {
  pictures: FairQueueSettings
  texts: FairQueueSettings & { maxMs: number }
}

/**
 * Makes customers take turns with the models. A call that doesn't fit into the queue fails with `modelBusy`,
 * and a text that takes too long fails with `textInterrupted`. A caller that disconnects while waiting leaves
 * the queue.
 */
export function queueModels(
  models: Models,
  { pictures, texts: { maxMs, ...texts } }: ModelQueueSettings = limits.modelQueues,
): QueuedModels {
  const pictureQueue = createFairQueue(pictures)
  const textQueue = createFairQueue(texts)
  const pace = createPacer()
  return {
    paint: (caller, requests, store) =>
      pictureQueue
        .run(caller, async () => {
          const pictures = requests.map((request) => models.paint(request))
          // Even if one picture fails, the turn lasts until the other pictures are done.
          await Promise.allSettled(pictures)
          return store(await Promise.all(pictures))
        })
        .catch((error: unknown) => {
          throw toDenial(caller, error)
        }),
    async *write(caller, request) {
      let stop: AbortSignal | undefined
      const tokens = textQueue.stream({ ...caller, maxMs }, (signal) => {
        stop = signal
        return models.write({ ...request, signal })
      })
      let count = 0
      try {
        for await (const token of tokens) {
          yield token
          // A model can send a whole text at once, so let the server handle other events regularly.
          if (++count % limits.tokensAtOnce === 0) await pace()
        }
      } catch (error) {
        const isTooLong = stop?.aborted && !caller.signal?.aborted
        throw isTooLong ? textInterrupted(error) : toDenial(caller, error)
      }
    },
  }
}

function toDenial({ signal }: Caller, error: unknown): unknown {
  if (error instanceof QueueFullError) return modelBusy(error)
  if (!signal?.aborted || error !== signal.reason) return error
  return callerLeft(error)
}
