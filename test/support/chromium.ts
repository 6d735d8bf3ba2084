import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's Chromium; undefined where there is none, and where PAYFLOW_TEST_CHROMIUM is empty. */
export const chromiumPath: string | undefined = [process.env.PAYFLOW_TEST_CHROMIUM ?? usual].flat().find((path) => path !== '' && existsSync(path)) // prettier-ignore

export const WHY = 'no Chromium on this machine: install the package chromium, or name one in PAYFLOW_TEST_CHROMIUM'

/** No sandbox: tests also run as root, and load nothing but payflow's own page. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
