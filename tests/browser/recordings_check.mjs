// The recordings of a camera on a running gateway's page: node recordings_check.mjs PAGE CAMERA_ID DAY [FAULTS]. Lists the day, sees the
// small pictures, plays one, jumps in it, downloads it. Prints what it saw; exits 1 with one sentence when something is missing.

import {DESKTOP, launchBrowser, openPage, screenshot, waitForVideo} from './lib/browser.mjs';

const [, , address, camera, day, faults] = process.argv;
const browser = await launchBrowser();
try {
    const page = await openPage(browser, `${address}/#/device/${camera}`, {size: DESKTOP});
    const view = page.locator('tp-recordings');
    await view.locator('input[type=date]').fill(day);
    await view.getByRole('button', {name: 'Show recordings'}).click();
    await view.locator('ul li').first().waitFor({timeout: 15_000});
    const number = Number(day.slice(8));
    await view.getByRole('group', {name: 'Days with recordings'}).getByRole('button', {name: new RegExp(`\\b${number}\\b`), pressed: true}).waitFor({timeout: 15_000});
    const words = [`${await view.locator('ul li').count()} recordings`];
    const still = await view.locator('ul li img').first().elementHandle({timeout: 10_000});
    await page.waitForFunction((image) => image.complete && image.naturalWidth > 0, still, {timeout: 10_000});
    words.push('with pictures');
    await view.getByRole('button', {name: /^Play/}).nth(4).click();
    const video = view.locator('video');
    const {width, height} = await waitForVideo(page, video, 30_000);
    const [come, length] = await video.evaluate((element) => [element.buffered.end(element.buffered.length - 1), element.duration]);
    if (faults && come > length - 5) throw new Error(`it played when ${come} of ${length} s were there`);
    words.push(`${width}x${height} plays when ${come.toFixed(0)} of ${length.toFixed(0)} s have come`);
    // FAULTS: where the simulated camera, slow so far, is made fast again.
    if (faults) await fetch(faults, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"media":{}}'});
    await video.evaluate((element) => (element.currentTime = 45));
    const handle = await video.elementHandle();
    await page.waitForFunction((element) => element.currentTime > 45.3 && element.duration > 59 && element.duration < 61, handle, {timeout: 30_000});
    words.push('goes on after a jump');
    await screenshot(page, 'recordings');
    const waiting = page.waitForEvent('download', {timeout: 30_000});
    await view.getByRole('link', {name: /^Download/}).nth(4).click();
    const download = await waiting;
    if ((await download.failure()) !== null) throw new Error(`the download failed: ${await download.failure()}`);
    words.push(`downloads as ${download.suggestedFilename()}`);
    if (page.faults.length > 0) throw new Error(page.faults.join('; '));
    console.log(words.join(', '));
} catch (problem) {
    console.error(String(problem.message ?? problem).split('\n')[0]);
    process.exitCode = 1;
} finally {
    await browser.close();
}
