import { type Act, actChanges, type CustomerReport, type OperatorCommand } from '@metered/billing'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { DirectoryUser, UserDirectory } from '../account/userDirectory.ts'
import type { AppBilling, Trpc } from '../trpc.ts'
import type { IsOperator } from './isOperator.ts'

export interface OperatorParts {
  isOperator: IsOperator
  users: UserDirectory
}

/** Matches text that PostgreSQL can store: text without the character U+0000 and without lone surrogates. */
const storable = /^[^\0\p{Surrogate}]*$/u
const text = (length: number) =>
  z.string().min(1).max(length).regex(storable, 'must not contain the character U+0000 or lone surrogates')
const customer = text(256)
const meter = text(128)
const attempt = text(64)
const maxUnits = 2_147_483_647
const reason = z.string().trim().pipe(text(500))
const signedUnits = z
  .number()
  .int()
  .min(-maxUnits)
  .max(maxUnits)
  .refine((it) => it !== 0, 'must not be 0')

const actInput = z.object({
  customer,
  /** The browser creates one ID for each dialog, so a double click or a retry makes the change only once. */
  id: z.uuid(),
  reason,
  act: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('adjust'),
      meter,
      amount: signedUnits,
    }),
    z.object({ type: z.literal('refund'), attempt, meter }),
    z.object({ type: z.literal('release'), attempt }),
    z.object({ type: z.literal('retry'), attempt, meter }),
    z.object({ type: z.literal('drop'), attempt, meter }),
  ]) satisfies z.ZodType<OperatorCommand['act']>,
  /**
   * The ID of the customer's newest change (`Act`) that the operator has seen, or null if there was none. If
   * the customer has a newer change, the server refuses an adjustment with `changed`.
   */
  newestAct: text(256).nullable(),
})

const chargesInput = z.object({
  customer,
  limit: z.number().int().min(1).max(100).default(20),
  cursor: z.string().max(500).nullish(),
})

const actCursor = z.object({ at: z.number().int(), customer, id: text(256) })
const actsInput = z.object({ customer: customer.nullable(), after: actCursor.nullable() })

const shownMatches = 20
const shownParked = 100
const exportedActs = 500

/** Creates the procedures of the operators' screen. Other users can call only `access`. */
export function createOperatorRouter(
  { router, protectedProcedure }: Trpc,
  { billing, isOperator, users }: OperatorParts & { billing: AppBilling },
) {
  const { operator } = billing
  const unlimitedBy = new Map(
    Object.entries(billing.meters).map(([slug, policy]) => [
      slug,
      'unlimitedBy' in policy && policy.unlimitedBy,
    ]),
  )
  const isUnlimited = (slug: string, { snapshot }: CustomerReport) =>
    snapshot?.subscription?.features.some((feature) => feature === unlimitedBy.get(slug)) ?? false

  const operatorProcedure = protectedProcedure.use(async ({ ctx, path, next }) => {
    // Other users receive the same error as for an unknown procedure.
    const unknown = () =>
      new TRPCError({ code: 'NOT_FOUND', message: `No procedure found on path "${path}"` })
    if (!isOperator(ctx)) throw unknown()
    // The cookie's copy of the session can be a few seconds old, but operators need a session that hasn't
    // ended.
    const user = await ctx.session.readUser()
    if (!user) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
    if (!isOperator({ user, session: ctx.session })) throw unknown()
    return next({ ctx: { operator: user.email } })
  })

  return router({
    /** Whether the user is an operator. The web app shows operators the link to the screen. */
    access: protectedProcedure.query(({ ctx }) => isOperator(ctx)),

    /**
     * Finds customers by the start of their ID or email address. `find` is a mutation, because a query's input is
     * part of the URL, which proxies log.
     */
    find: operatorProcedure
      .input(z.object({ text: z.string().trim().pipe(text(256)) }))
      .mutation(async ({ input }) => {
        const query = { startsWith: input.text, limit: shownMatches }
        const [named, ids] = await Promise.all([users.findByEmail(query), operator.find(query)])
        const known = new Map(named.map((user) => [user.id, user]))
        // A user who hasn't used billing yet has no rows in the ledger, so also look for a user with this
        // exact ID.
        for (const user of await users.byId([...ids, input.text])) known.set(user.id, user)
        const found = new Set([...known.keys(), ...ids])
        return [...found].slice(0, shownMatches).map((id) => ({ id, user: shown(known.get(id)) }))
      }),

    customer: operatorProcedure.input(z.object({ customer })).query(async ({ input }) => {
      const [[user], report] = await Promise.all([
        users.byId([input.customer]),
        operator.customer(input.customer),
      ])
      if (!user && !report) return null
      return {
        id: input.customer,
        user: shown(user),
        report: report && {
          ...report,
          balances: report.balances.map((row) => ({ ...row, isUnlimited: isUnlimited(row.meter, report) })),
          acts: report.acts.map(withChanges),
        },
      }
    }),

    charges: operatorProcedure.input(chargesInput).query(async ({ input: { cursor = null, ...input } }) => {
      const { charges, cursor: nextCursor } = await operator.charges({ ...input, cursor })
      return { charges, nextCursor }
    }),

    /** Returns up to 100 parked usage events from all customers. Flowglad has rejected these events. */
    parked: operatorProcedure.query(async () => {
      const events = await operator.parked(shownParked)
      const known = await users.byId([...new Set(events.map((event) => event.customer))])
      return events.map((event) => ({ ...event, user: shown(known.find(({ id }) => id === event.customer)) }))
    }),

    audit: operatorProcedure
      .input(z.object({ customer }))
      .query(({ input }) => operator.audit(input.customer)),

    /** Returns a page of the recorded changes, oldest first. */
    acts: operatorProcedure.input(actsInput).query(async ({ input }) => {
      const acts: Act[] = []
      for await (const act of operator.acts(input)) {
        acts.push(act)
        if (acts.length === exportedActs) break
      }
      const last = acts.length === exportedActs ? acts.at(-1) : undefined
      return { acts, next: last ? { at: last.at, customer: last.customer, id: last.id } : null }
    }),

    act: operatorProcedure.input(actInput).mutation(async ({ ctx, input: { newestAct, ...command } }) => {
      if (command.act.type === 'adjust' && (await hasChanged(command, newestAct)))
        return { state: 'refused' as const, why: 'changed' as const }
      const answer = await operator.act({ ...command, by: ctx.operator })
      return answer.state === 'refused' ? answer : { ...answer, act: withChanges(answer.act) }
    }),
  })

  /**
   * Returns whether another change has followed the newest change that the operator has seen. Without this check,
   * two operators could both credit the customer for the same incident.
   */
  async function hasChanged(
    { customer, id }: OperatorCommand | { customer: string; id: string },
    seen: string | null,
  ) {
    let newest: string | null = null
    for await (const act of operator.acts({ customer })) {
      // A known ID means a retry: the browser repeats a change if the response was lost.
      if (act.id === id) return false
      newest = act.id
    }
    return newest !== seen
  }
}

const withChanges = (act: Act) => ({ ...act, changes: actChanges(act) })

const shown = (user: DirectoryUser | undefined) => user && { name: user.name, email: user.email }
