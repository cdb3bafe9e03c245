import { createCaller } from '~/trpc/router'
import { DrawForm } from './DrawForm'

/** Draws the picture of the day whenever the page is rendered. */
export default async function Today() {
  const { title } = await (await createCaller()).draw({ prompt: 'today' })
  return (
    <main>
      <h1>{title}</h1>
      <DrawForm />
    </main>
  )
}
