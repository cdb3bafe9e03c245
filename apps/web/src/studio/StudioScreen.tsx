import { Tabs } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { SignedIn } from '../account/SignedIn.tsx'
import { IsShown } from '../alerts/said.tsx'
import type { User } from '../api/Session.tsx'
import { prefetchable } from '../parts/loadCode.ts'
import { Screen } from '../parts/Screen.tsx'
import { ScreenSkeleton } from '../parts/ScreenSkeleton.tsx'
import { PicturesTab } from './PicturesTab.tsx'
import classes from './StudioScreen.module.css'

const WriteTab = lazy(prefetchable(async () => ({ default: (await import('./WriteTab.tsx')).WriteTab })))
const LookUpTab = lazy(prefetchable(async () => ({ default: (await import('./LookUpTab.tsx')).LookUpTab })))

export function StudioScreen() {
  return (
    <SignedIn>
      {(user) => (
        <Screen title="What shall we make?">
          <Tools user={user} />
        </Screen>
      )}
    </SignedIn>
  )
}

/** Loads a tool when the user first opens it. An opened tool stays mounted and keeps its text. */
function Tools({ user }: { user: User }) {
  const [tool, setTool] = useState('pictures')
  const [opened, setOpened] = useState(new Set(['pictures']))
  function open(next: string | null) {
    if (next === null) return
    setTool(next)
    setOpened(new Set([...opened, next]))
  }
  return (
    <Tabs value={tool} onChange={open} variant="unstyled" classNames={classes}>
      <Tabs.List aria-label="Tools">
        <Tabs.Tab value="pictures">Pictures</Tabs.Tab>
        <Tabs.Tab value="write">Write</Tabs.Tab>
        <Tabs.Tab value="look-up">Look up</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="pictures">
        <IsShown value={tool === 'pictures'}>
          <PicturesTab user={user} />
        </IsShown>
      </Tabs.Panel>
      <Tabs.Panel value="write">
        {opened.has('write') && (
          <Suspense fallback={<ScreenSkeleton />}>
            <IsShown value={tool === 'write'}>
              <WriteTab user={user} />
            </IsShown>
          </Suspense>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="look-up">
        {opened.has('look-up') && (
          <Suspense fallback={<ScreenSkeleton />}>
            <IsShown value={tool === 'look-up'}>
              <LookUpTab />
            </IsShown>
          </Suspense>
        )}
      </Tabs.Panel>
    </Tabs>
  )
}
