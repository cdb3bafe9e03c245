import { setTimeout as sleep } from 'node:timers/promises'
import type { Renderer } from './art/renderer.ts'
import { compose } from './compose.ts'
import { assertAllowed, type Models, type TextRequest } from './models.ts'
import { atMost, tokensOf } from './tokens.ts'

/**
 * Pictures and texts made on this machine, the same for the same prompt. `latencyMs` is waited
 * before each picture and each text, and for each sentence, spread over its words.
 */
export function createLocalModels({
  renderer,
  latencyMs,
}: {
  renderer: Renderer
  latencyMs: number
}): Models {
  async function* sentences({ prompt, signal }: TextRequest) {
    if (latencyMs > 0) await sleep(latencyMs, undefined, { signal })
    assertAllowed(prompt)
    for (const sentence of compose(prompt)) {
      const tokens = tokensOf(sentence)
      for (const token of tokens) {
        if (latencyMs > 0) await sleep(latencyMs / tokens.length, undefined, { signal })
        yield token
      }
    }
  }
  return {
    async paint({ prompt, index, hd }) {
      if (latencyMs > 0) await sleep(latencyMs)
      // After the wait, as a model elsewhere would: until then its units are held.
      assertAllowed(prompt)
      const size = hd ? 1024 : 512
      return { png: await renderer.paint({ prompt, index, size }), size }
    },
    write: (order) => atMost(order.maxTokens, sentences(order)),
  }
}
