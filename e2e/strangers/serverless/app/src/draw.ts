import { TRPCError } from '@trpc/server'
import { log } from './logs.js'

export async function draw(prompt: string) {
  log(`draw ${prompt}`)
  if (prompt.includes('forbidden')) {
    throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message: 'This prompt breaks our rules.' })
  }
  return { title: `A drawing of ${prompt}` }
}
