import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { createFairQueue, type FairQueueSettings, QueueFullError } from '../limits/fairQueue.ts'
import { limits } from '../limits/limits.ts'
import type { PictureFile, PictureStore } from './pictureStore.ts'

/** The path's parameters. IDs in older links end in `.png`. */
const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}-[1-4](\.png)?$/) })

/**
 * Forbids scripts in SVG files. Without this policy, a script in a file could run in the session of the user who
 * opens the file.
 */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

interface PictureRoutesOptions {
  /** Returns the signed-in user. */
  user: (request: FastifyRequest) => Promise<{ id: string } | null>
  pictures: Pick<PictureStore, 'has' | 'file'>
  /** Default: the limits in limits.ts. */
  downloads?: FairQueueSettings & { maxMs: number }
}

/**
 * Serves each picture only to its owner, and returns 404 to other users. Users take turns, so that one user's
 * downloads can neither exhaust the memory nor delay other users. Returns 503 to a user with too many downloads.
 */
export async function pictureRoutes(
  app: FastifyInstance,
  { user: userOf, pictures, downloads: { maxMs, ...queue } = limits.pictureDownloads }: PictureRoutesOptions,
) {
  const downloads = createFairQueue(queue)

  app.get('/api/studio/pictures/:id', async (request, reply) => {
    const leaving = new AbortController()
    reply.raw.once('close', () => leaving.abort())
    const user = await userOf(request)
    if (!user) return reply.code(401).send({ error: 'unauthorized', message: 'Sign in first.' })
    const id = params.safeParse(request.params).data?.id.replace('.png', '')
    if (!id) return notFound(reply)
    try {
      return await downloads.run({ customer: user.id, signal: leaving.signal }, () =>
        download(reply, { id, user: user.id, etag: request.headers['if-none-match'] }),
      )
    } catch (error) {
      if (leaving.signal.aborted) return reply
      if (!(error instanceof QueueFullError)) throw error
      reply.code(503).header('retry-after', Math.ceil(error.retryAfterMs / 1_000))
      return reply.send({
        error: 'busy',
        message: 'Too many pictures are loading. Try again in a few seconds.',
      })
    }
  })

  /**
   * Sends the picture and waits until the client has received it. Disconnects a client that takes too long.
   */
  async function download(
    reply: FastifyReply,
    { id, user, etag }: { id: string; user: string; etag: string | undefined },
  ) {
    const tag = `"${id}"`
    const isUnchanged = etag === tag && (await pictures.has({ id, user }))
    const picture = isUnchanged ? undefined : await pictures.file({ id, user })
    if (!picture && !isUnchanged) return notFound(reply)
    // A browser may cache the file but must ask the server before each use, so that the picture isn't shown
    // after the user signs out.
    reply.header('cache-control', 'private, no-cache').header('etag', tag).header('vary', 'cookie')
    reply.header('content-security-policy', contentSecurityPolicy).header('x-content-type-options', 'nosniff')
    if (!picture) return reply.code(304).send()
    const tooLong = setTimeout(() => reply.raw.destroy(), maxMs)
    reply.header('content-disposition', `inline; filename="${fileName(picture)}"`)
    reply.type(picture.contentType).send(picture.file)
    // If the client disconnects, `finished` rejects, and there is nothing left to do.
    await finished(reply.raw).catch(() => {})
    clearTimeout(tooLong)
    return reply
  }
}

/** Returns the name of the downloaded file, such as `a-lighthouse-above-a-sea-of-fog.svg`. */
function fileName({ prompt, contentType }: PictureFile): string {
  const words = prompt
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
  const name = words?.join('-').slice(0, 60).replace(/-$/, '') ?? 'picture'
  return `${name}.${contentType === 'image/svg+xml' ? 'svg' : 'png'}`
}

const notFound = (reply: FastifyReply) =>
  reply.code(404).send({ error: 'not_found', message: 'This picture was not found in your gallery.' })
