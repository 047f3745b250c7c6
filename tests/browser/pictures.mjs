// The README's pictures, of a running demo: node pictures.mjs PAGE FOLDER. Small enough for a repository: JPEG, 960 px wide.

import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {launchBrowser, openPage, waitForVideo} from './lib/browser.mjs';

const [, , address, folder] = process.argv;
const SIZE = {width: 960, height: 640};
const browser = await launchBrowser();
mkdirSync(folder, {recursive: true});
const TILES = 4; // what the window shows
const WAIT = {timeout: 30_000};

/** Waits until the tiles in the window show their cameras' pictures; a camera that has none stays as it is. */
async function tilesDrawn(page) {
    const drawn = () => page.locator('tp-camera-tile img').evaluateAll((images) => images.filter((image) => image.complete && image.naturalWidth > 0).length);
    for (const end = Date.now() + WAIT.timeout; (await drawn()) < TILES && Date.now() < end;) await page.waitForTimeout(200);
}

const take = (page, name) => page.screenshot({path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 62});
try {
    const home = await openPage(browser, `${address}/#/`, {size: SIZE});
    await home.locator('tp-camera-tile img').first().waitFor(WAIT);
    await tilesDrawn(home);
    await take(home, 'home');
    const camera = await openPage(browser, `${address}/#/`, {size: SIZE, colorScheme: 'dark'});
    await camera.getByRole('link', {name: /Hallway camera/}).click();
    await waitForVideo(camera, camera.locator('tp-live video'), WAIT.timeout);
    await take(camera, 'camera');
} finally {
    await browser.close();
}
