// A real browser on a running gateway: node whep_check.mjs PAGE CAMERA_ID [PLUG_ID]. Plays the camera's live view with
// sound on the page, clicks the plug's switch, and watches once more as Home Assistant's ingress shows the page. Prints what it saw; exits 1 with one sentence when something is missing.
// SCREENSHOTS names a folder for pictures of the page on desktop and phone.

import {startPrefixProxy} from './lib/prefix_proxy.mjs';
import {DESKTOP, PHONE, launchBrowser, openPage, screenshot, waitForVideo} from './lib/browser.mjs';

const [, , address, camera, plug] = process.argv;

/** Keeps the page's peer connections where a check can ask them. */
function rememberPeers() {
    globalThis.peers = [];
    const Original = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Original {
        constructor(...words) {
            super(...words);
            globalThis.peers.push(this);
        }
    };
}

/** Packets of sound received, once their samples are loud: silence would come from a broken decoder as well. */
async function waitForSound(page) {
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
        const packets = await page.evaluate(async () => {
            for (const peer of globalThis.peers) {
                for (const report of (await peer.getStats()).values()) {
                    if (report.type === 'inbound-rtp' && report.kind === 'audio' && report.totalAudioEnergy > 0.0001) return report.packetsReceived;
                }
            }
            return 0;
        });
        if (packets > 0) return packets;
        await page.waitForTimeout(200);
    }
    throw new Error('no sound was heard within 10 s');
}

async function clickSwitch(page, id) {
    const devices = await (await page.request.get(`${address}/api/devices`)).json();
    const {name, state} = devices.find((device) => device.id === id);
    const target = page.getByRole('switch', {name, exact: true});
    const wanted = state.state === 'ON' ? 'false' : 'true';
    await target.click();
    await target.and(page.locator(`[aria-checked="${wanted}"][aria-busy="false"]`)).waitFor({timeout: 20_000});
    return `${name} clicked ${wanted === 'true' ? 'on' : 'off'}`;
}

/** The same page below a path of its own, as ingress serves it: the switch answers and the picture moves. */
async function watchBehindPrefix() {
    const proxy = await startPrefixProxy(Number(new URL(address).port), '/api/hassio_ingress/t0k-en_1');
    const page = await openPage(browser, proxy.url);
    try {
        await page.locator('tp-camera-tile').first().waitFor({timeout: 20_000});
        if (plug) await clickSwitch(page, plug);
        await page.goto(`${proxy.url}#/device/${camera}`);
        await waitForVideo(page, page.locator('tp-live video'));
        if (page.faults.length > 0) throw new Error(`behind the prefix: ${page.faults.join('; ')}`);
    } finally {
        await page.context().close();
        proxy.close();
    }
    return 'the same under an ingress prefix';
}

const browser = await launchBrowser();
try {
    const page = await openPage(browser, `${address}/#/`, {size: DESKTOP});
    await page.addInitScript(rememberPeers);
    await page.reload();
    await page.locator('tp-camera-tile').first().waitFor({timeout: 20_000});
    const words = plug ? [await clickSwitch(page, plug)] : [];
    await screenshot(page, 'home-desktop');
    await page.goto(`${address}/#/device/${camera}`);
    const begun = Date.now();
    const video = page.locator('tp-live video');
    const {width, height} = await waitForVideo(page, video);
    words.push(`${width}x${height} moving ${((Date.now() - begun) / 1000).toFixed(1)} s after the tap`);
    await page.getByRole('button', {name: 'Sound'}).click(); // a muted element plays nothing out, so nothing is measured
    words.push(`${await waitForSound(page)} packets of sound`);
    await screenshot(page, 'camera-desktop');
    words.push(await watchBehindPrefix());
    const phone = await openPage(browser, `${address}/#/`, {size: PHONE});
    await phone.locator('tp-camera-tile').first().waitFor({timeout: 20_000});
    await phone.locator('tp-camera-tile img').first().waitFor({timeout: 20_000});
    await screenshot(phone, 'home-phone');
    const faults = [...page.faults, ...phone.faults];
    if (faults.length > 0) throw new Error(faults.join('; '));
    console.log(words.join(', '));
} catch (problem) {
    console.error(String(problem.message ?? problem).split('\n')[0]);
    process.exitCode = 1;
} finally {
    await browser.close();
}
