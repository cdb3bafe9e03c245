import type { Env } from '../env.ts'
import { createLocalModels } from './localModels.ts'
import type { Models } from './models.ts'
import { createOpenAiModels } from './openAiModels.ts'

/** Creates models that use the configured endpoint, or local models if no endpoint is configured. */
export function createModels({
  openAi,
  studioLatencyMs: latencyMs,
}: Pick<Env, 'openAi' | 'studioLatencyMs'>): Models {
  return openAi ? createOpenAiModels({ ...openAi, latencyMs }) : createLocalModels({ latencyMs })
}
