import { TRPCError } from '@trpc/server'

let drawn = 0

export async function draw(prompt: string) {
  if (prompt.includes('forbidden')) {
    throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message: 'This prompt breaks our rules.' })
  }
  drawn += 1
  return { id: drawn, title: `A drawing of ${prompt}` }
}
