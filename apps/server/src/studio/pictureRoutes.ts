import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Auth } from '../auth.ts'
import { sessionOf } from '../authRoutes.ts'
import type { PictureStore } from './pictureStore.ts'

const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}-[1-4]$/) })

/** Pictures as files, each for its owner alone: to anybody else it is not there. */
export async function pictureRoutes(
  app: FastifyInstance,
  { auth, pictures }: { auth: Auth; pictures: PictureStore },
) {
  app.get('/api/studio/pictures/:id.png', async (request, reply) => {
    const { user } = await sessionOf(auth, request)
    if (!user) return reply.code(401).send({ error: 'unauthorized', message: 'Sign in first.' })
    const { data } = params.safeParse(request.params)
    const tag = `"${data?.id}"`
    const png = data && (await pictures.png({ id: data.id, user: user.id }))
    if (!png) return reply.code(404).send({ error: 'not_found', message: 'You have no such picture.' })
    // A browser may keep it, but asks each time: after signing out it is nobody's to see.
    reply.header('cache-control', 'private, no-cache').header('etag', tag).header('vary', 'cookie')
    if (request.headers['if-none-match'] === tag) return reply.code(304).send()
    return reply.type('image/png').send(Buffer.from(png))
  })
}
