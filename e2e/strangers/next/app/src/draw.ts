import { TRPCError } from '@trpc/server'

export async function draw(prompt: string) {
  if (prompt.includes('forbidden')) {
    throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message: 'This prompt breaks our rules.' })
  }
  return { title: `A drawing of ${prompt}` }
}
