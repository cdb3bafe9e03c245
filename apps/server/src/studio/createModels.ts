import type { Env } from '../env.ts'
import type { Renderer } from './art/renderer.ts'
import { createLocalModels } from './localModels.ts'
import type { Models } from './models.ts'
import { createOpenAiModels } from './openAiModels.ts'

/** An endpoint's models when one is named, otherwise those of this machine. */
export function createModels({
  openAi,
  studioLatencyMs: latencyMs,
  renderer,
}: Pick<Env, 'openAi' | 'studioLatencyMs'> & { renderer: Renderer }): Models {
  return openAi ? createOpenAiModels({ ...openAi, latencyMs }) : createLocalModels({ renderer, latencyMs })
}
