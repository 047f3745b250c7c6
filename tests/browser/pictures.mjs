// The README's pictures, of a running demo: node pictures.mjs PAGE FOLDER. Small enough for a repository: JPEG, 960 px wide.

import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {launchBrowser, openPage, waitForVideo} from './lib/browser.mjs';

const [, , address, folder] = process.argv;
const SIZE = {width: 960, height: 640};
const browser = await launchBrowser();
mkdirSync(folder, {recursive: true});
const take = (page, name) => page.screenshot({path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 62});
try {
    const home = await openPage(browser, `${address}/#/`, {size: SIZE});
    await home.locator('tp-camera-tile img').first().waitFor({timeout: 10_000});
    await home.locator('tp-plug-tile').first().waitFor();
    await take(home, 'home');
    const camera = await openPage(browser, `${address}/#/`, {size: SIZE, colorScheme: 'dark'});
    await camera.getByRole('link', {name: /Hallway camera/}).click();
    await waitForVideo(camera, camera.locator('tp-live video'));
    await take(camera, 'camera');
} finally {
    await browser.close();
}
