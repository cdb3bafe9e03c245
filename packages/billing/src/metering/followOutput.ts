import type { Clock } from '../config/clock.ts'
import { type StreamStop, StreamStoppedError } from '../contract/errors.ts'
import { Reader } from '../sessions/reader.ts'
import { MeteredOutput, type OutputEnd } from './meteredOutput.ts'
import type { MeteredCall } from './operation.ts'
import { assertSendable, isRead, isStream, untracked } from './transport.ts'

/**
 * How long to wait for a stream's source to clean up after the reader leaves. After this time, the stream is
 * charged anyway.
 */
const cleanUpMs = 5_000

/**
 * Wraps an output, such as a stream, that is still running when the work returns. The caller reads the
 * returned copy instead of `output`. The reader's session is checked while the copy is read.
 */
export function followOutput<Output>(
  call: Pick<
    MeteredCall<Output>,
    'signal' | 'transport' | 'isSubscription' | 'codec' | 'toError' | 'watchSession'
  >,
  output: Output,
  on: {
    clock: Clock
    /** Whether a value that can't be sent makes the output fail. */
    mustBeSendable: boolean
    started?: () => void
    paused?: () => void
    /** Receives the function that ends the output early. */
    onStop?: (stop: (why: StreamStop) => void) => void
    ended?: (how: OutputEnd, wasRead: boolean) => Promise<void>
  },
): Output {
  const { signal, transport, codec, toError = (error: unknown) => error, watchSession } = call
  const reader = new Reader({
    request: signal,
    watchSession: watchSession && ((end) => watchSession((error) => end(toError(error)))),
  })
  const followed = new MeteredOutput({
    started() {
      reader.start()
      on.started?.()
    },
    paused() {
      reader.pause()
      on.paused?.()
    },
    async ended(how, wasRead) {
      reader.close()
      await on.ended?.(how, wasRead)
    },
    check(value) {
      try {
        if (transport && on.mustBeSendable)
          assertSendable(transport === 'subscription' ? untracked(value) : value, codec)
      } catch (error) {
        throw toError(error)
      }
    },
    isStream: (value) => isStream(transport, value),
    nests: transport === null || transport === 'jsonLines',
    reader,
    clock: on.clock,
    patienceMs: cleanUpMs,
  })
  try {
    // This cast is safe because the copy has the same shape as the output.
    const copy = (isRead(call, output) ? followed.observe(output) : followed.wrap(output)) as Output
    on.onStop?.((why) => followed.stop(toError(new StreamStoppedError(why))))
    return copy
  } catch (error) {
    // The call fails, so don't charge it when the other parts of the output end.
    followed.abandon()
    reader.close()
    throw error
  }
}
