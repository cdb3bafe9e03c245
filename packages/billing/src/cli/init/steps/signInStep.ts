import type { App } from '../findApp.ts'
import type { Step } from './step.ts'

/**
 * Adds a `protectedProcedure` to an app without sign-in. In development, the procedure uses the same user for
 * every caller. In production, the procedure rejects all calls. Returns null if the app already has a
 * `protectedProcedure`, has no `publicProcedure`, or appears to have its own sign-in.
 */
export function signInStep({ files, protectedProcedure, publicProcedure }: App): Step | null {
  const hasSignIn = files.some(({ text }) => /\bUNAUTHORIZED\b/.test(text))
  if (protectedProcedure || !publicProcedure || hasSignIn) return null
  const { file, name, start } = publicProcedure
  const end = file.statementEnd(start)
  const insert = `

/**
 * Replace this with your app's sign-in. Until then, every caller is the same user, and production rejects all
 * calls.
 */
export const protectedProcedure = ${name}.use(({ next }) => {
  if (process.env.NODE_ENV === 'production') throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: { id: 'demo', name: 'Demo', email: 'demo@example.com' } } })
})
`
  const styled = insert.replaceAll("'", (quote, at) => (insert[at - 1] === 'p' ? quote : file.quote))
  return {
    title: 'protectedProcedure for development',
    state: 'edit',
    edits: [
      {
        file,
        start: end,
        end,
        insert: (file.usesSemicolons ? styled.replace(/(?<=[})])$/gm, ';') : styled).trimEnd(),
      },
    ],
    imports: [{ file, name: 'TRPCError', from: '@trpc/server' }],
  }
}
