import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'
import { type AppRouter, appRouter } from './router.js'
import { createContext } from './trpc.js'

const app = Fastify({ logger: true, routerOptions: { maxParamLength: 5000 } })

app.register(cookie)
app.register(fastifyTRPCPlugin, {
  prefix: '/trpc',
  trpcOptions: {
    router: appRouter,
    createContext,
  } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
})
app.register(fastifyStatic, { root: fileURLToPath(new URL('../web', import.meta.url)) })

await app.listen({ port: Number(process.env.PORT ?? 3000) })
