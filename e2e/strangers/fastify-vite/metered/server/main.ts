import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import { billingRoutes } from '@metered/billing/fastify'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'
import { billing } from './billing.js'
import { type AppRouter, appRouter } from './router.js'
import { createContext } from './trpc.js'
import { userOf } from './user.js'

const app = Fastify({ logger: true, routerOptions: { maxParamLength: 5000 } })

app.register(cookie)
app.register(fastifyTRPCPlugin, {
  prefix: '/trpc',
  trpcOptions: {
    router: appRouter,
    createContext,
  } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
})
app.register(billingRoutes, { billing, customer: userOf })
app.register(fastifyStatic, { root: fileURLToPath(new URL('../web', import.meta.url)) })

await app.listen({ port: Number(process.env.PORT ?? 3000) })
