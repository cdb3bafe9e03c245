import { createCaller } from '~/trpc/router'
import { Sketch } from './Sketch'

export default async function Home() {
  const me = await (await createCaller()).me()
  if (!me) return <p>Please sign in.</p>
  return (
    <main>
      <h1>Sketch</h1>
      <p>Hello {me.name}</p>
      <Sketch />
    </main>
  )
}
