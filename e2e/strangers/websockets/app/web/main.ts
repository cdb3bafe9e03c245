import { createTRPCClient, createWSClient, retryLink, wsLink } from '@trpc/client'
import type { AppRouter } from '../src/router.js'

const find = (selector: string) => document.querySelector(selector) as HTMLElement
const show = (selector: string, text: string) => find(selector).replaceChildren(text)

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
  links: [retry, wsLink({ client: createWSClient({ url }) })],
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
  return error instanceof Error ? error.message : 'Something went wrong.'
}

trpc.me.query().then((user) => {
  show('#hello', user ? `Hello ${user.name}` : 'Please sign in.')
})
