using System.Net.NetworkInformation;

namespace Mesh.Client;

/// <summary>Tells when the system has a network again, maybe another one. Where systems do not say, it tells nothing.</summary>
internal sealed class NetworkWatch(ClientGate gate, Action changed)
{
    private bool _isOn;

    public void Start()
    {
        if (_isOn || OperatingSystem.IsBrowser()) return;
        try
        {
            NetworkChange.NetworkAvailabilityChanged += Changed;
            _isOn = true;
        }
        catch (Exception unknown) when (unknown is NetworkInformationException or PlatformNotSupportedException)
        {
            // Connections that are lost are found without it, only later.
        }
    }

    public void Stop()
    {
        if (!_isOn || OperatingSystem.IsBrowser()) return;
        NetworkChange.NetworkAvailabilityChanged -= Changed;
        _isOn = false;
    }

    private void Changed(object? sender, NetworkAvailabilityEventArgs network)
    {
        if (!network.IsAvailable) return;
        gate.Later(() =>
        {
            if (_isOn) changed();
        });
    }
}
