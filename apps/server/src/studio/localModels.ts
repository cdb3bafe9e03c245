import { setTimeout as sleep } from 'node:timers/promises'
import { paint } from './art/paint.ts'
import { compose } from './compose.ts'
import { assertAllowed, type Models, type TextRequest } from './models.ts'
import { createPacer } from './pacer.ts'
import { atMost, tokensOf } from './tokens.ts'

/**
 * Creates models that run in this process and always give the same result for the same prompt. `latencyMs` is
 * the delay before each picture and each text. Each sentence takes another `latencyMs`, divided equally
 * among its tokens.
 */
export function createLocalModels({ latencyMs }: { latencyMs: number }): Models {
  const pace = createPacer()
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
    async paint(request) {
      if (latencyMs > 0) await sleep(latencyMs)
      // Like a remote model, deny the prompt only after the delay, while the call's units are held.
      assertAllowed(request.prompt)
      await pace()
      const { svg, size } = paint(request)
      return { file: Buffer.from(svg), contentType: 'image/svg+xml', size }
    },
    write: (request) => atMost(request.maxTokens, sentences(request)),
  }
}
