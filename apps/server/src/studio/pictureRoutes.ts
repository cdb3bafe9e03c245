import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Auth } from '../auth.ts'
import { sessionOf } from '../authRoutes.ts'
import type { PictureStore } from './pictureStore.ts'

/** Older links end in `.png`. */
const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}-[1-4](\.png)?$/) })

/**
 * An SVG file can contain scripts. Without this policy, the scripts could run in the session of the user who
 * opens the file.
 */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

/** Serves each picture only to its owner. Other users get 404. */
export async function pictureRoutes(
  app: FastifyInstance,
  { auth, pictures }: { auth: Auth; pictures: PictureStore },
) {
  app.get('/api/studio/pictures/:id', async (request, reply) => {
    const { user } = await sessionOf(auth, request)
    if (!user) return reply.code(401).send({ error: 'unauthorized', message: 'Sign in first.' })
    const id = params.safeParse(request.params).data?.id.replace('.png', '')
    const picture = id && (await pictures.file({ id, user: user.id }))
    if (!picture)
      return reply
        .code(404)
        .send({ error: 'not_found', message: 'This picture was not found in your gallery.' })
    const tag = `"${id}"`
    // A browser may cache the file but must revalidate it, so that the picture can't be seen after the user
    // signs out.
    reply.header('cache-control', 'private, no-cache').header('etag', tag).header('vary', 'cookie')
    reply.header('content-security-policy', contentSecurityPolicy).header('x-content-type-options', 'nosniff')
    if (request.headers['if-none-match'] === tag) return reply.code(304).send()
    return reply.type(picture.contentType).send(picture.file)
  })
}
