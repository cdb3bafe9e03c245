import { createTRPCClient, httpBatchLink, retryLink } from '@trpc/client'
import superjson from 'superjson'
import type { AppRouter } from '../src/router'

const find = (selector: string) => document.querySelector(selector) as HTMLElement
const show = (selector: string, text: string) => find(selector).replaceChildren(text)

// An error without `data` means that no response arrived.
const retry = retryLink<AppRouter>({ retry: ({ error, attempts }) => !error.data && attempts < 3 })

const trpc = createTRPCClient<AppRouter>({
  links: [retry, httpBatchLink({ url: '/trpc', transformer: superjson })],
})

const form = document.forms[0] as HTMLFormElement

form.onsubmit = async (event) => {
  event.preventDefault()
  show('[role=alert]', '')
  try {
    const { title, drawnAt } = await trpc.draw.mutate({ prompt: form.prompt.value })
    const item = document.createElement('li')
    item.textContent = `${title}, ${drawnAt.toLocaleTimeString()}`
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
