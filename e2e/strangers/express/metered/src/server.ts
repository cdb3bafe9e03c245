import path from 'node:path'
import { billingHandler } from '@metered/billing/node'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import cookieParser from 'cookie-parser'
import express from 'express'
import { billing } from './billing'
import { appRouter } from './router'
import { createContext } from './trpc'
import { userOf } from './user'

const app = express()

app.use(cookieParser())
app.use('/trpc', createExpressMiddleware({ router: appRouter, createContext }))
app.use(billingHandler(billing, { customer: userOf }))
app.use(express.json())
app.use(express.static(path.join(__dirname, '../public')))

app.listen(Number(process.env.PORT ?? 3000))
