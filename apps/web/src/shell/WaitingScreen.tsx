import { useNetwork } from '@mantine/hooks'
import { LoadingScreen } from '../parts/LoadingScreen.tsx'
import { Screen } from '../parts/Screen.tsx'

/** Replaces a screen while its code loads. The code of a screen that is opened offline loads once the browser is online. */
export function WaitingScreen() {
  const { online } = useNetwork()
  return online ? (
    <LoadingScreen />
  ) : (
    // A notice at the top of the screen says that the browser is offline, so don't repeat it.
    <Screen title="This page hasn't loaded yet" lead="It will open when you are back online." />
  )
}
