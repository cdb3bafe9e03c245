import { type BalancesAnswer, billingDenial, billingLinks } from '@metered/billing/client'
import { createTRPCClient, retryLink } from '@trpc/client'
import type { AppRouter } from '../src/router.js'

const find = (selector: string) => document.querySelector(selector) as HTMLElement
const show = (selector: string, text: string) => find(selector).replaceChildren(text)
const showBalances = ({ balances: [it] }: BalancesAnswer) => show('#left', `${it?.available} drawings left`)

/**
 * An error without `data` means that no response arrived. The delay lets the WebSocket reopen first, because
 * otherwise the retry is lost.
 */
const retry = retryLink<AppRouter>({
  retry: ({ error, attempts }) => !error.data && attempts < 3,
  retryDelayMs: () => 300,
})

const url = `${location.origin.replace('http', 'ws')}/trpc`
const trpc = createTRPCClient<AppRouter>({
  links: billingLinks({ url, links: [retry] }),
})

const form = document.forms[0] as HTMLFormElement

form.onsubmit = async (event) => {
  event.preventDefault()
  show('[role=alert]', '')
  try {
    const { title } = await trpc.draw.mutate({ prompt: form.prompt.value })
    const item = document.createElement('li')
    item.textContent = title
    find('ul').prepend(item)
  } catch (error) {
    find('[role=alert]').innerHTML = explain(error)
  }
}

function explain(error: unknown) {
  if (billingDenial(error)?.code === 'INSUFFICIENT_CREDITS') return '<a href="/pricing">Upgrade</a> for more.'
  return error instanceof Error ? error.message : 'Something went wrong.'
}

trpc.me.query().then((user) => {
  show('#hello', user ? `Hello ${user.name}` : 'Please sign in.')
})
trpc.billing.onBalances.subscribe(undefined, { onData: showBalances })
