import { z } from 'zod'
import type { Trpc } from '../trpc.ts'
import { lookUpKind, pictureKind, textKind } from './kinds.ts'
import { lookUp } from './lookUp.ts'
import type { PictureStore } from './pictureStore.ts'
import type { QueuedModels } from './queuedModels.ts'

/** A text without the character U+0000, which PostgreSQL can't store. */
const stored = z.string().regex(/^[^\0]*$/, 'must not contain the character U+0000')
const text = (length: number) => stored.trim().min(1).max(length)
const prompt = text(1_000)
const generateInput = z.object({
  prompt,
  count: z.number().int().min(1).max(4),
  hd: z.boolean().default(false),
})
const generation = z.object({ id: z.string() })
const writeInput = z.object({ prompt, maxTokens: z.number().int().min(1).max(100_000) })
const lookUpInput = z.object({ term: text(100) })
const galleryInput = z
  .object({ limit: z.number().int().min(1).max(100).default(24), cursor: stored.max(100).nullish() })
  .default({ limit: 24 })

export interface StudioParts {
  models: QueuedModels
  pictures: PictureStore
}

/** Creates Studio's procedures. `generate`, `write` and `lookup` are metered. */
export function createStudioRouter(
  { router, protectedProcedure, metered, requireFeature }: Trpc,
  { models, pictures }: StudioParts,
) {
  const hd = requireFeature<z.infer<typeof generateInput>>('hd')

  return router({
    generate: protectedProcedure
      .input(generateInput)
      .use((call) => (call.input.hd ? hd(call) : call.next()))
      .use(
        metered('generations', {
          cost: ({ input }) => input.count,
          reference: ({ output }) => generation.parse(output).id,
          dimensions: ({ input }) => ({ kind: pictureKind(input) }),
        }),
      )
      .mutation(async ({ input: { prompt, count, hd }, ctx, signal }) => {
        const requests = Array.from({ length: count }, (_, index) => ({ prompt, index, hd }))
        const user = ctx.user.id
        return models.paint({ customer: user, signal }, requests, (painted) =>
          pictures.keep({ user, prompt, pictures: painted }),
        )
      }),

    write: protectedProcedure
      .input(writeInput)
      .use(
        metered('tokens', {
          hold: ({ input }) => input.maxTokens,
          cost: ({ usage }) => usage.total,
          dimensions: ({ input }) => ({ kind: textKind(input) }),
        }),
      )
      .mutation(async function* ({ input, ctx, signal }) {
        // Record 0 tokens, so that a text that stops before its first token is free.
        ctx.usage.add(0)
        const onUsage = (tokens: number) => ctx.usage.set(tokens)
        const caller = { customer: ctx.user.id, signal }
        for await (const token of models.write(caller, { ...input, onUsage })) {
          ctx.usage.add(1)
          yield token
        }
        return { tokens: ctx.usage.total }
      }),

    lookup: protectedProcedure
      .input(lookUpInput)
      .use(metered('api_calls', { dimensions: ({ input }) => ({ kind: lookUpKind(input) }) }))
      .mutation(({ input }) => lookUp(input.term)),

    gallery: protectedProcedure
      .input(galleryInput)
      .query(({ input, ctx }) =>
        pictures.page({ user: ctx.user.id, limit: input.limit, before: input.cursor ?? null }),
      ),

    deletePicture: protectedProcedure
      .input(z.object({ id: stored.max(100) }))
      .mutation(({ input, ctx }) => pictures.delete({ user: ctx.user.id, id: input.id })),
  })
}
