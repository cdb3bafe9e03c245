import path from 'node:path'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import cookieParser from 'cookie-parser'
import express from 'express'
import { appRouter } from './router'
import { createContext } from './trpc'

const app = express()

app.use(cookieParser())
app.use('/trpc', createExpressMiddleware({ router: appRouter, createContext }))
app.use(express.json())
app.use(express.static(path.join(__dirname, '../public')))

app.listen(Number(process.env.PORT ?? 3000))
